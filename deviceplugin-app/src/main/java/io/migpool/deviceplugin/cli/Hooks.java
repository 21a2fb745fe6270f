package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.cli.HooksFile.Hook;
import io.migpool.deviceplugin.cli.HooksFile.Point;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs the programs of a {@link HooksFile}, one after another.
 *
 * @param file the hooks
 * @param flags the command's flags as environment variables; they override those of the file
 * @param trace receives the names of the hooks that run, and their output
 */
record Hooks(HooksFile file, Map<String, String> flags, Trace trace) {

    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Duration OUTPUT_LIMIT = Duration.ofSeconds(5);

    /**
     * Runs the hooks of a point, up to the first that fails.
     *
     * @throws CommandException if one cannot be run, fails, or does not end
     */
    void run(Point point) throws CommandException, InterruptedException {
        for (Hook hook : file.at(point)) {
            trace.say("running " + point.word() + " hook: " + hook.command());
            run(point, hook);
        }
    }

    private void run(Point point, Hook hook) throws CommandException, InterruptedException {
        Process process;
        try {
            process = builder(hook).start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new CommandException("hook %s of %s cannot be run: %s".formatted(hook.command(), point.word(), e), e);
        }
        Thread reader = Thread.ofVirtual().name("hook-output").start(() -> trace.copy(process.inputReader()));
        try {
            if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                throw new CommandException(
                        "hook %s of %s has not ended within %s".formatted(hook.command(), point.word(), LONGEST));
            }
            reader.join(OUTPUT_LIMIT);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new CommandException("hook %s of %s exited with %d; run with --debug to see its output"
                    .formatted(hook.command(), point.word(), process.exitValue()));
        }
    }

    /**
     * Prepares a hook's process. As with mig-parted, a hook inherits no environment variable, not even {@code PATH}.
     */
    private ProcessBuilder builder(Hook hook) {
        List<String> line = new ArrayList<>();
        line.add(hook.command());
        line.addAll(hook.args());
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(hook.envs());
        environment.putAll(flags);
        hook.workdir().map(File::new).ifPresent(builder::directory);
        return builder;
    }
}
