/**
 * The page as a release carries it: its parts in JSON, as `packed` of `assets.ts` writes them. `undefined` in a tree, where
 * the page is made of its sources when it is first asked for; the build of a release puts the parts here.
 */
export const built: string | undefined = undefined;
