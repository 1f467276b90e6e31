@NullMarked
package dev.tapedeck.vm.verify;

import org.jspecify.annotations.NullMarked;
