@NullMarked
package dev.tapedeck.harness.log;

import org.jspecify.annotations.NullMarked;
