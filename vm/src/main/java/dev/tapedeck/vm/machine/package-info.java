@NullMarked
package dev.tapedeck.vm.machine;

import org.jspecify.annotations.NullMarked;
