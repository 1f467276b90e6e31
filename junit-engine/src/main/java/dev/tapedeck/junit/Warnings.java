package dev.tapedeck.junit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.EngineDiscoveryListener;
import org.junit.platform.engine.UniqueId;

/**
 * Says that something will not be as somebody meant it. From Platform 1.13 on that is a discovery issue, which launchers
 * show, and which can be made an error ({@code junit.platform.discovery.issue.severity.critical=warning}). Before that, and
 * for Surefire, which looks for tests several times and would have each issue logged as often, it is a line on standard
 * error, once in a process. The engine is compiled against Platform 1.10, hence reflection.
 */
final class Warnings {
    private static final Optional<Issues> ISSUES = Issues.find();

    /** By standard error, in this process. */
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private final EngineDiscoveryListener listener;
    private final UniqueId engine;

    Warnings(EngineDiscoveryListener listener, UniqueId engine) {
        this.listener = listener;
        this.engine = engine;
    }

    /** Whether the platform knows issues. */
    static boolean areIssues() {
        return ISSUES.isPresent();
    }

    /** @param message sentences on one line */
    void tell(String message) {
        if (ISSUES.isPresent() && !Surefire.calls()) {
            ISSUES.get().report(listener, engine, message);
        } else if (TOLD.add(message)) {
            System.err.println("tapedeck: warning: " + message);
        }
    }

    private record Issues(Object severity, Method create, Method encountered) {
        static Optional<Issues> find() {
            try {
                Class<?> issue = Class.forName("org.junit.platform.engine.DiscoveryIssue");
                Class<?> severity = Class.forName("org.junit.platform.engine.DiscoveryIssue$Severity");
                return Optional.of(new Issues(
                        severity.getField("WARNING").get(null),
                        issue.getMethod("create", severity, String.class),
                        EngineDiscoveryListener.class.getMethod("issueEncountered", UniqueId.class, issue)));
            } catch (ReflectiveOperationException e) {
                return Optional.empty();
            }
        }

        void report(EngineDiscoveryListener listener, UniqueId engine, String message) {
            try {
                encountered.invoke(listener, engine, create.invoke(null, severity, message));
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            } catch (InvocationTargetException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
    }
}
