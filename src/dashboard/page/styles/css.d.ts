/** The bundler takes style sheets that code names out of it, into a file of their own. */
declare module "*.css";
