// Loaded when something is saved. The package is CommonJS: named statically here, for in the bundle a dynamic import of
// it has no named exports.
export { default as writeFileAtomic } from "write-file-atomic";
