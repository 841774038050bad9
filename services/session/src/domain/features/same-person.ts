/**
 * Above this similarity (0..100) two looks count as one person: one false match in a hundred thousand. Sign-in asks for it
 * unless a workflow says otherwise, and replacing the face on file always does: it must not be easier than signing in.
 */
export const samePersonSimilarity = 70;
