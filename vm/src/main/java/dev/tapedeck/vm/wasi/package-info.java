/** WASI preview 1: a system of files, clocks and streams for imported programs, virtual unless asked otherwise. */
@NullMarked
package dev.tapedeck.vm.wasi;

import org.jspecify.annotations.NullMarked;
