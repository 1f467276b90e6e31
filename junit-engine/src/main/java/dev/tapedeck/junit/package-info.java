/** The JUnit Platform engine that makes every program a test. */
@NullMarked
package dev.tapedeck.junit;

import org.jspecify.annotations.NullMarked;
