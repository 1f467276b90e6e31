package dev.tapedeck.junit;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.suite.OutputFolder;
import dev.tapedeck.harness.suite.SuiteRun;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.junit.Settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.platform.engine.ConfigurationParameters;
import org.junit.platform.engine.EngineDiscoveryRequest;
import org.junit.platform.engine.ExecutionRequest;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.config.PrefixedConfigurationParameters;
import org.junit.platform.engine.support.descriptor.EngineDescriptor;
import org.junit.platform.engine.support.discovery.EngineDiscoveryRequestResolver;
import org.junit.platform.engine.support.hierarchical.ForkJoinPoolHierarchicalTestExecutorService;
import org.junit.platform.engine.support.hierarchical.HierarchicalTestEngine;
import org.junit.platform.engine.support.hierarchical.HierarchicalTestExecutorService;

/**
 * The JUnit Platform engine that makes every program a test, and every test inside a program a test of its own.
 *
 * <p>Below the engine there is one container for each class with {@link Programs}, or for each selected folder, in it one for
 * each folder below, except under Surefire, and in those the tests. A test's id names no folders between:
 * {@code [engine:tapedeck]/[class:...]/[program:sub/sum.tasm]/[test:adds two numbers]}.
 */
public final class TapedeckEngine extends HierarchicalTestEngine<TapedeckContext> {
    public static final String ID = "tapedeck";

    /**
     * Build tools run tests again that have failed in the process in which they failed, or, as Surefire without reused
     * forks, in one that they start for the class. What another process has left is another run's.
     */
    private static final String SESSION = UUID.randomUUID().toString();

    private static final EngineDiscoveryRequestResolver<EngineDescriptor> RESOLVER =
            EngineDiscoveryRequestResolver.<EngineDescriptor>builder()
                    .addSelectorResolver(ProgramResolver::new)
                    .build();

    private final Map<String, String> environment;

    /** As the platform makes it. */
    public TapedeckEngine() {
        this(System.getenv());
    }

    /** @param environment in the place of the process's */
    TapedeckEngine(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public String getId() {
        return ID;
    }

    @Override
    public TestDescriptor discover(EngineDiscoveryRequest request, UniqueId uniqueId) {
        EngineDescriptor engine = new RootDescriptor(uniqueId);
        RESOLVER.resolve(request, engine);
        if (!engine.getChildren().isEmpty()) {
            Warnings warnings = new Warnings(request.getDiscoveryListener(), uniqueId);
            Settings.unknown(request.getConfigurationParameters()).forEach(warnings::tell);
        }
        return engine;
    }

    @Override
    protected TapedeckContext createExecutionContext(ExecutionRequest request) {
        ConfigurationParameters parameters = request.getConfigurationParameters();
        boolean automated = ApprovalMode.automated(environment.get("CI"));
        Optional<SuiteRun> overview = Optional.empty();
        Optional<GitHubActions> actions = GitHubActions.of(environment);
        try {
            Path output = output(parameters);
            overview = Optional.of(SuiteRun.begin(output, Surefire.runner()));
            TestRunner runner = new TestRunner(
                    output,
                    TestRunner.Options.of(Settings.approve(parameters, environment::get, System::getProperty))
                            .withInstructionLimit(Settings.limit(parameters))
                            .withTimeout(Settings.timeout(parameters))
                            .withSession(SESSION)
                            .withLimits(Settings.limits(parameters))
                            .withVerified(Settings.verify(parameters))
                            .withKept(Settings.recordings(parameters)));
            if (!Settings.github(parameters)) {
                actions = Optional.empty();
            }
            Settings.parallel(parameters);
            return new TapedeckContext(
                    new TapedeckContext.Ready(runner),
                    automated,
                    request.getEngineExecutionListener(),
                    actions,
                    overview);
        } catch (InvalidSettingException e) {
            // Thrown from here it would end the whole run with a stack trace; this way the containers fail with it.
            return new TapedeckContext(
                    new TapedeckContext.Misconfigured(String.valueOf(e.getMessage())),
                    automated,
                    request.getEngineExecutionListener(),
                    actions,
                    overview);
        }
    }

    // JUnit 6.1 deprecates the constructor for a factory that Platform 1.10, the oldest one served, does not have.
    @SuppressWarnings("deprecation")
    @Override
    protected HierarchicalTestExecutorService createExecutorService(ExecutionRequest request) {
        ConfigurationParameters parameters = request.getConfigurationParameters();
        if (isParallel(parameters)) {
            return new ForkJoinPoolHierarchicalTestExecutorService(
                    new PrefixedConfigurationParameters(parameters, Settings.PARALLEL_CONFIG_PREFIX));
        }
        return super.createExecutorService(request);
    }

    private static boolean isParallel(ConfigurationParameters parameters) {
        try {
            return Settings.parallel(parameters);
        } catch (InvalidSettingException e) {
            // The containers fail with it.
            return false;
        }
    }

    /** A folder that can be written to. */
    private static Path output(ConfigurationParameters parameters) throws InvalidSettingException {
        Path output = Settings.output(parameters);
        try {
            OutputFolder.create(output);
        } catch (IOException e) {
            throw new InvalidSettingException("Recordings and reports have no place: " + e.getMessage()
                    + ". Make it a folder that can be written to, or name another one with " + Settings.OUTPUT + ".");
        }
        return output;
    }
}
