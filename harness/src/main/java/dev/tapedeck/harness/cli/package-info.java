@NullMarked
package dev.tapedeck.harness.cli;

import org.jspecify.annotations.NullMarked;
