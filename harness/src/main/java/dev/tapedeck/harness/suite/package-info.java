@NullMarked
package dev.tapedeck.harness.suite;

import org.jspecify.annotations.NullMarked;
