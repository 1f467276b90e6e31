@NullMarked
package dev.tapedeck.vm.program;

import org.jspecify.annotations.NullMarked;
