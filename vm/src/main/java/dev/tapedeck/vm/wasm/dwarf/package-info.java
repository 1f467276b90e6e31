/** Source lines of WebAssembly modules, from the DWARF sections that compilers write. */
@NullMarked
package dev.tapedeck.vm.wasm.dwarf;

import org.jspecify.annotations.NullMarked;
