@NullMarked
package dev.tapedeck.harness.replay;

import org.jspecify.annotations.NullMarked;
