/** The text format of WebAssembly: {@code .wat} files become modules of the binary format, which has the one reader. */
@NullMarked
package dev.tapedeck.vm.wasm.text;

import org.jspecify.annotations.NullMarked;
