package dev.tapedeck.harness.log;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives Chronicle Queue the access to the JDK that it needs, so that nobody has to pass flags to their JVM.
 *
 * <p>Chronicle Queue 2026.4 maps its files through methods that the JDK keeps to itself. It wants {@code
 * --add-opens=java.base/java.lang.reflect=ALL-UNNAMED} and {@code --add-exports=java.base/sun.nio.ch=ALL-UNNAMED}; without
 * the second it fails with the misleading "Can't append to a read-only chronicle". A test harness cannot put flags on the
 * command line of other people's builds: an {@code argLine} collides with that of coverage tools, {@code
 * JDK_JAVA_OPTIONS} prints a note, and a manifest counts only for {@code java -jar}. So this class does at run time what
 * the flags do at start. It goes around the JDK's encapsulation on purpose, for these packages only, when the first
 * recording is written. Reading recordings needs none of it.
 */
public final class ModuleOpener {
    static final String FLAGS =
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED --add-exports=java.base/sun.nio.ch=ALL-UNNAMED";

    /** The JDK that first prints a warning, four lines, when {@code sun.misc.Unsafe} is used; JEP 498. */
    private static final int UNSAFE_WARNS_JDK = 24;

    private static final String UNSAFE_PROPERTY = "sun.misc.unsafe.memory.access";

    private static boolean opened;
    private static @Nullable String failure;

    private ModuleOpener() {}

    /**
     * Opens what Chronicle needs. Calling it again costs nothing.
     *
     * @throws IOException if this JVM does not allow it; the message has the flags that do
     */
    static synchronized void open() throws IOException {
        if (!opened) {
            opened = true;
            try {
                openPackages(trustedLookup());
            } catch (Throwable e) {
                failure = e.toString();
            }
            allowUnsafe();
        }
        if (failure != null && !openedByFlags()) {
            throw new IOException(
                    "recordings cannot be written because this JVM does not let Chronicle Queue map files (" + failure
                            + "); start java with " + FLAGS);
        }
    }

    /**
     * Does what {@code --sun-misc-unsafe-memory-access=allow} does, unless the user has chosen otherwise or Unsafe is
     * already in use. Chronicle, the hashing and the compression library all use Unsafe; without this the JVM's warning
     * would stand in the output of every test run. Older JDKs reject the flag, so a build cannot simply pass it.
     */
    public static synchronized void allowUnsafe() {
        if (Runtime.version().feature() < UNSAFE_WARNS_JDK) {
            return;
        }
        try {
            MethodHandles.Lookup lookup = trustedLookup();
            Class<?> vm = Class.forName("jdk.internal.misc.VM");
            Map<?, ?> saved = (Map<?, ?>)
                    lookup.findStaticGetter(vm, "savedProps", Map.class).invoke();
            if (saved.get(UNSAFE_PROPERTY) == null) {
                Map<Object, Object> changed = new HashMap<>(saved);
                changed.put(UNSAFE_PROPERTY, "allow");
                lookup.findStaticSetter(vm, "savedProps", Map.class).invoke((Map<?, ?>) changed);
            }
        } catch (Throwable e) {
            // Then the warning is printed; nothing depends on it.
        }
    }

    private static boolean openedByFlags() {
        Module base = Object.class.getModule();
        Module ours = ModuleOpener.class.getModule();
        return base.isOpen("java.lang.reflect", ours) && base.isExported("sun.nio.ch", ours);
    }

    private static void openPackages(MethodHandles.Lookup lookup) throws Throwable {
        MethodType packageName = MethodType.methodType(void.class, String.class);
        MethodHandle addOpens = lookup.findVirtual(Module.class, "implAddOpensToAllUnnamed", packageName);
        MethodHandle addExports = lookup.findVirtual(Module.class, "implAddExportsToAllUnnamed", packageName);
        Module base = Object.class.getModule();
        addOpens.invoke(base, "java.lang.reflect");
        addExports.invoke(base, "sun.nio.ch");
        // Only silences a warning of Chronicle's.
        addExports.invoke(base, "jdk.internal.ref");
    }

    /**
     * A lookup that may do everything, by way of the constructor accessors that the JDK gives to serialization libraries.
     * The better known way, to read {@code IMPL_LOOKUP} through Unsafe, would print the warning that {@link #allowUnsafe}
     * prevents.
     */
    private static MethodHandles.Lookup trustedLookup() throws ReflectiveOperationException {
        int trusted = -1;
        Constructor<?> constructor =
                MethodHandles.Lookup.class.getDeclaredConstructor(Class.class, Class.class, int.class);
        Class<?> factoryClass = Class.forName("sun.reflect.ReflectionFactory");
        Object factory = factoryClass.getMethod("getReflectionFactory").invoke(null);
        Constructor<?> accessible = (Constructor<?>) factoryClass
                .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                .invoke(factory, MethodHandles.Lookup.class, constructor);
        return (MethodHandles.Lookup) accessible.newInstance(Object.class, null, trusted);
    }
}
