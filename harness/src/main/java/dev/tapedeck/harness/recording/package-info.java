@NullMarked
package dev.tapedeck.harness.recording;

import org.jspecify.annotations.NullMarked;
