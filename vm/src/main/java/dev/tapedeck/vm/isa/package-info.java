@NullMarked
package dev.tapedeck.vm.isa;

import org.jspecify.annotations.NullMarked;
