@NullMarked
package dev.tapedeck.harness.bisect;

import org.jspecify.annotations.NullMarked;
