@NullMarked
package dev.tapedeck.vm.host;

import org.jspecify.annotations.NullMarked;
