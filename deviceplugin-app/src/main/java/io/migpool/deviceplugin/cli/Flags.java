package io.migpool.deviceplugin.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The commands' flags. An option's description key is the environment variable that may replace it. */
final class Flags {

    static final String DEBUG = "MIG_PARTED_DEBUG";
    /**
     * The value of a flag that is given without one. Without this fallback it would be the opposite of its variable.
     */
    static final String ON = "true";

    private static final String CONFIG_FILE = "MIG_PARTED_CONFIG_FILE";
    private static final String SELECTED_CONFIG = "MIG_PARTED_SELECTED_CONFIG";
    private static final String CHECKPOINT_FILE = "MIG_PARTED_CHECKPOINT_FILE";
    private static final String HOOKS_FILE = "MIG_PARTED_HOOKS_FILE";
    private static final String MODE_ONLY = "MIG_PARTED_MODE_CHANGE_ONLY";
    private static final String SKIP_RESET = "MIG_PARTED_SKIP_RESET";

    private Flags() {}

    /** Formats of configurations. */
    enum Form {
        yaml,
        json
    }

    static final class Selection {

        @Option(
                names = {"-f", "--config-file"},
                required = true,
                descriptionKey = CONFIG_FILE)
        String file = "";

        @Option(
                names = {"-c", "--selected-config"},
                descriptionKey = SELECTED_CONFIG)
        Optional<String> config = Optional.empty();
    }

    static final class CheckpointFile {

        @Option(
                names = {"-f", "--checkpoint-file"},
                required = true,
                descriptionKey = CHECKPOINT_FILE)
        String file = "";
    }

    static final class Extent {

        @Option(
                names = {"-m", "--mode-only"},
                descriptionKey = MODE_ONLY,
                fallbackValue = ON)
        boolean modeOnly;
    }

    static final class HooksOption {

        @Option(
                names = {"-k", "--hooks-file"},
                descriptionKey = HOOKS_FILE)
        Optional<String> file = Optional.empty();
    }

    static final class Reset {

        @Option(
                names = {"-s", "--skip-reset"},
                descriptionKey = SKIP_RESET,
                fallbackValue = ON)
        boolean skipped;
    }

    static final class Output {

        @Option(
                names = {"-o", "--output-format"},
                descriptionKey = "MIG_PARTED_OUTPUT_FORMAT")
        Optional<Form> form = Optional.empty();
    }

    static final class Validity {

        @Option(
                names = {"-a", "--valid-config"},
                descriptionKey = "MIG_PARTED_VALID_CONFIG",
                fallbackValue = ON)
        boolean only;
    }

    static final class Label {

        @Option(
                names = {"-l", "--config-label"},
                descriptionKey = "MIG_PARTED_CONFIG_LABEL")
        Optional<String> text = Optional.empty();
    }

    static final class OutputFile {

        @Option(
                names = {"-f", "--output-file"},
                descriptionKey = "MIG_PARTED_OUTPUT_FILE")
        Optional<String> file = Optional.empty();
    }

    /** Returns the environment variables for the hooks of {@code apply}. */
    static Map<String, String> variables(Selection selection, HooksOption hooks, Extent extent, Reset reset) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put(CONFIG_FILE, selection.file);
        variables.put(SELECTED_CONFIG, selection.config.orElse(""));
        variables.put(HOOKS_FILE, hooks.file.orElse(""));
        variables.put(MODE_ONLY, Boolean.toString(extent.modeOnly));
        variables.put(SKIP_RESET, Boolean.toString(reset.skipped));
        return variables;
    }

    /** Returns the environment variables for the hooks of {@code restore}. */
    static Map<String, String> variables(CheckpointFile checkpoint, HooksOption hooks, Extent extent) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put(CHECKPOINT_FILE, checkpoint.file);
        variables.put(HOOKS_FILE, hooks.file.orElse(""));
        variables.put(MODE_ONLY, Boolean.toString(extent.modeOnly));
        return variables;
    }
}
