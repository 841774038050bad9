/** So many lines of text have to fit before anything may stay in sight while the rest scrolls. */
const linesOfRoom = 34;

/**
 * Marks the page with `data-room` while its window is tall for its letters. Media queries cannot tell: they do not know
 * by how much the user has enlarged the text.
 */
export function watchRoom(root: HTMLElement): void {
  const look = () => {
    const letter = Number.parseFloat(getComputedStyle(root).fontSize);
    root.toggleAttribute('data-room', innerHeight >= linesOfRoom * letter);
  };
  addEventListener('resize', look);
  look();
}
