/** What GitHub Actions shows of a run: annotations and the job's summary. */
@NullMarked
package dev.tapedeck.harness.github;

import org.jspecify.annotations.NullMarked;
