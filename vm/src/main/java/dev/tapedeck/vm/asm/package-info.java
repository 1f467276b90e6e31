@NullMarked
package dev.tapedeck.vm.asm;

import org.jspecify.annotations.NullMarked;
