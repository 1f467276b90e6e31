@NullMarked
package dev.tapedeck.vm.format;

import org.jspecify.annotations.NullMarked;
