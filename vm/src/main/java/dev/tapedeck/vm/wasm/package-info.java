/** WebAssembly modules: read, validated, lowered to programs, linked. */
@NullMarked
package dev.tapedeck.vm.wasm;

import org.jspecify.annotations.NullMarked;
