package dev.tapedeck.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.platform.commons.annotation.Testable;

/**
 * Makes a class stand for the programs in a folder: whoever runs the class runs them. The class needs no content:
 *
 * <pre>{@code
 * @Programs("src/test/programs/fast")
 * class FastProgramsTest {}
 * }</pre>
 *
 * <p>A project that inherits Tapedeck's parent pom, or points Surefire at the engine's jar, needs no such class. It is for
 * IDEs, which offer to run classes only, and for naming a part of the programs.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Testable
public @interface Programs {
    /**
     * The folder, relative to the project's directory. Empty means the one that {@link Settings#PROGRAMS} names, by
     * default {@code src/test/programs}.
     */
    String value() default "";
}
