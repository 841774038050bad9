/** Styles are imported for their effect; Vite puts them where the page finds them. */
declare module '*.css';
