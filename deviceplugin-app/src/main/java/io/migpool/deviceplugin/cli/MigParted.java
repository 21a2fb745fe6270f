package io.migpool.deviceplugin.cli;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.ConfigProvider;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * The command line that cuts the GPUs of this machine, with the commands of NVIDIA's mig-parted: {@code apply},
 * {@code assert}, {@code export}, {@code generate-config}, {@code checkpoint} and {@code restore}. Exits with 0 on
 * success, otherwise with 1 and the reason on standard error.
 */
public final class MigParted {

    static final int FAILED = 1;

    private MigParted() {}

    public static void main(String[] args) {
        // The output says what a user has to know; log lines would clutter it.
        Logger root = Logger.getLogger("");
        root.setLevel(Level.WARNING);
        int code = run(
                new ConfiguredHost(ConfigProvider.getConfig()),
                System.getenv(),
                System.in,
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                args);
        System.exit(code);
    }

    /**
     * Runs one command.
     *
     * @param environment environment variables, which may replace flags
     * @return the exit code
     */
    static int run(
            Host host,
            Map<String, String> environment,
            InputStream in,
            PrintWriter out,
            PrintWriter err,
            String... args) {
        CommandLine line = new CommandLine(new Commands(host, in, out, err));
        everyCommand(line);
        line.setOut(out);
        line.setErr(err);
        line.setDefaultValueProvider(variables(environment));
        line.registerConverter(boolean.class, MigParted::truth);
        line.setExecutionExceptionHandler((failure, _, _) -> {
            if (failure instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            err.println("error: " + (failure.getMessage() == null ? failure : failure.getMessage()));
            return FAILED;
        });
        return line.execute(args);
    }

    private static void everyCommand(CommandLine line) {
        line.getCommandSpec().mixinStandardHelpOptions(true).exitCodeOnInvalidInput(FAILED);
        line.getSubcommands().values().forEach(MigParted::everyCommand);
    }

    /** Parses a boolean as Go's {@code strconv.ParseBool} does, with which mig-parted reads its variables. */
    private static boolean truth(String word) {
        return switch (word) {
            case "1", "t", "T", "TRUE", "true", "True" -> true;
            case "0", "f", "F", "FALSE", "false", "False" -> false;
            default ->
                throw new TypeConversionException("'" + word + "' is neither true nor false; write 1 or 0 for them");
        };
    }

    /**
     * Takes defaults from the environment: an option's description key names its variable; an empty one counts as
     * unset.
     */
    private static IDefaultValueProvider variables(Map<String, String> environment) {
        return argument -> {
            String value = argument instanceof OptionSpec option && option.descriptionKey() != null
                    ? environment.getOrDefault(option.descriptionKey(), "")
                    : "";
            return value.isEmpty() ? null : value;
        };
    }
}
