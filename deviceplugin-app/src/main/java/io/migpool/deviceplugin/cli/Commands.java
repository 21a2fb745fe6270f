package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.geometry.Aim;
import io.migpool.deviceplugin.geometry.Checkpoint;
import io.migpool.deviceplugin.geometry.CheckpointFormat;
import io.migpool.deviceplugin.geometry.ExportedConfiguration;
import io.migpool.deviceplugin.geometry.GeneratedConfiguration;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.MigSpec;
import io.migpool.deviceplugin.geometry.MigSpecEntry;
import io.migpool.deviceplugin.geometry.MigSpecException;
import io.migpool.deviceplugin.geometry.MigSpecReader;
import io.migpool.deviceplugin.geometry.MigSpecWriter;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands; each translates its flags, has the work done and says what came of it. */
@Command(
        name = "mig-parted",
        description = "Cuts the GPUs of this machine as a configuration says.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeOnInvalidInput = MigParted.FAILED)
final class Commands {

    private static final String CONFIG_FILE = "MIG_PARTED_CONFIG_FILE";
    private static final String SELECTED_CONFIG = "MIG_PARTED_SELECTED_CONFIG";
    private static final String CHECKPOINT_FILE = "MIG_PARTED_CHECKPOINT_FILE";
    private static final String MODE_ONLY = "MIG_PARTED_MODE_CHANGE_ONLY";
    private static final String SKIP_RESET = "MIG_PARTED_SKIP_RESET";
    private static final String OUTPUT_FORMAT = "MIG_PARTED_OUTPUT_FORMAT";

    private final Host host;
    private final TextFiles files;
    private final PrintWriter out;

    Commands(Host host, InputStream in, PrintWriter out) {
        this.host = host;
        this.files = new TextFiles(in);
        this.out = out;
    }

    /** How configurations are written. */
    enum Format {
        yaml,
        json
    }

    @Command(
            name = "apply",
            description = "Brings the GPUs there; touches only what differs, and nothing that is in use.",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = MigParted.FAILED)
    int apply(
            @Option(
                            names = {"-f", "--config-file"},
                            required = true,
                            descriptionKey = CONFIG_FILE)
                    String file,
            @Option(
                            names = {"-c", "--selected-config"},
                            descriptionKey = SELECTED_CONFIG)
                    Optional<String> selected,
            @Option(
                            names = {"-s", "--skip-reset"},
                            descriptionKey = SKIP_RESET)
                    boolean skipReset,
            @Option(
                            names = {"-m", "--mode-only"},
                            descriptionKey = MODE_ONLY)
                    boolean modeOnly)
            throws CommandException, MigSpecException, GpuException, IOException, InterruptedException {
        Aim aim = aim(entries(file, selected), modeOnly);
        bring(aim, skipReset, modeOnly);
        out.println("MIG configuration applied successfully");
        return 0;
    }

    @Command(
            name = "assert",
            description = "Asks whether the GPUs are so; changes nothing.",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = MigParted.FAILED)
    int assertThat(
            @Option(
                            names = {"-f", "--config-file"},
                            required = true,
                            descriptionKey = CONFIG_FILE)
                    String file,
            @Option(
                            names = {"-c", "--selected-config"},
                            descriptionKey = SELECTED_CONFIG)
                    Optional<String> selected,
            @Option(
                            names = {"-a", "--valid-config"},
                            descriptionKey = "MIG_PARTED_VALID_CONFIG")
                    boolean validOnly,
            @Option(
                            names = {"-m", "--mode-only"},
                            descriptionKey = MODE_ONLY)
                    boolean modeOnly)
            throws CommandException, MigSpecException, GpuException {
        List<MigSpecEntry> entries = entries(file, selected);
        if (validOnly) {
            out.println("Selected MIG configuration is valid");
            return 0;
        }
        try (GpuDriver driver = host.openDriver()) {
            requireApplied(new Geometry(driver).check(aim(entries, modeOnly), List.of()));
        }
        out.println(
                modeOnly
                        ? "Selected MIG mode settings from configuration currently applied"
                        : "Selected MIG configuration currently applied");
        return 0;
    }

    @Command(
            name = "export",
            description = "Prints how the GPUs are cut now, as a configuration.",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = MigParted.FAILED)
    int export(
            @Option(
                            names = {"-o", "--output-format"},
                            descriptionKey = OUTPUT_FORMAT)
                    Optional<Format> format,
            @Option(
                            names = {"-l", "--config-label"},
                            descriptionKey = "MIG_PARTED_CONFIG_LABEL")
                    Optional<String> label)
            throws GpuException {
        try (GpuDriver driver = host.openDriver()) {
            out.print(written(ExportedConfiguration.of(driver, label.orElse("current")), format));
        }
        out.flush();
        return 0;
    }

    @Command(
            name = "generate-config",
            description = "Writes the configurations that the boards suggest.",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = MigParted.FAILED)
    int generateConfig(
            @Option(
                            names = {"-f", "--output-file"},
                            descriptionKey = "MIG_PARTED_OUTPUT_FILE")
                    Optional<String> file,
            @Option(
                            names = {"-o", "--output-format"},
                            descriptionKey = OUTPUT_FORMAT)
                    Optional<Format> format)
            throws CommandException, MigSpecException, GpuException {
        String text;
        try (GpuDriver driver = host.openDriver()) {
            text = written(GeneratedConfiguration.of(driver.gpus()), format);
        }
        if (file.isPresent()) {
            files.write(file.get(), text);
        } else {
            out.print(text);
            out.flush();
        }
        return 0;
    }

    @Command(
            name = "checkpoint",
            description = "Keeps how the GPUs are cut now, each instance at its place.",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = MigParted.FAILED)
    int checkpoint(
            @Option(
                            names = {"-f", "--checkpoint-file"},
                            required = true,
                            descriptionKey = CHECKPOINT_FILE)
                    String file)
            throws CommandException, MigSpecException, GpuException {
        try (GpuDriver driver = host.openDriver()) {
            files.write(file, CheckpointFormat.write(Checkpoint.of(driver)));
        }
        out.println("MIG configuration checkpointed successfully");
        return 0;
    }

    @Command(
            name = "restore",
            description = "Goes back to a checkpoint; touches only what differs, and nothing that is in use.",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = MigParted.FAILED)
    int restore(
            @Option(
                            names = {"-f", "--checkpoint-file"},
                            required = true,
                            descriptionKey = CHECKPOINT_FILE)
                    String file)
            throws CommandException, GpuException, IOException, InterruptedException {
        Checkpoint checkpoint;
        try {
            checkpoint = CheckpointFormat.read(files.read(file));
        } catch (MigSpecException e) {
            throw new CommandException(file + ": " + e.getMessage(), e);
        }
        bring(new Aim.Places(checkpoint), false, false);
        out.println("MIG configuration restored successfully");
        return 0;
    }

    private List<MigSpecEntry> entries(String file, Optional<String> selected)
            throws CommandException, MigSpecException {
        MigSpec spec;
        try {
            spec = MigSpecReader.read(files.read(file));
        } catch (MigSpecException e) {
            throw new CommandException(file + ": " + e.getMessage(), e);
        }
        if (selected.isPresent()) {
            return spec.config(selected.get());
        }
        if (spec.configs().size() == 1) {
            return spec.configs().values().iterator().next();
        }
        throw new CommandException("%s has the configurations %s; choose one with --selected-config"
                .formatted(file, spec.configs().keySet()));
    }

    private static Aim aim(List<MigSpecEntry> entries, boolean modeOnly) {
        return modeOnly ? new Aim.Modes(entries) : new Aim.Layout(entries);
    }

    private void bring(Aim aim, boolean skipReset, boolean modeOnly)
            throws CommandException, GpuException, IOException, InterruptedException {
        try (GpuDriver driver = host.openDriver()) {
            Geometry geometry = new Geometry(driver, _ -> true, () -> !skipReset);
            List<Occupant> occupants = host.occupants(
                    driver.gpus().stream().map(GpuDescription::uuid).toList());
            Outcome outcome = geometry.apply(aim, occupants);
            if (skipReset && outcome instanceof Outcome.NeedsReset) {
                requireDone(geometry.prepareReboot(aim, occupants));
                if (modeOnly) {
                    return;
                }
            }
            requireDone(outcome);
        }
    }

    private static void requireDone(Outcome outcome) throws CommandException {
        switch (outcome) {
            case Outcome.Applied _ -> {}
            case Outcome.Waiting(List<String> reasons, List<Occupant> _) ->
                throw new CommandException("nothing is changed, it is in use: " + String.join("; ", reasons));
            case Outcome.NeedsReset(List<String> reasons) -> throw new CommandException(String.join("; ", reasons));
            case Outcome.Refused(List<String> reasons) ->
                throw new CommandException("nothing is changed: " + String.join("; ", reasons));
            case Outcome.Failed(String reason, boolean restored) ->
                throw new CommandException(reason
                        + (restored
                                ? "; the former layout is back"
                                : "; the former layout could not be brought back, see export"));
        }
    }

    private static void requireApplied(Outcome outcome) throws CommandException {
        if (outcome instanceof Outcome.Applied(List<String> toChange) && toChange.isEmpty()) {
            return;
        }
        String why =
                switch (outcome) {
                    case Outcome.Applied(List<String> toChange) -> "other are " + String.join(", ", toChange);
                    case Outcome.Waiting(List<String> reasons, List<Occupant> _) -> String.join("; ", reasons);
                    case Outcome.NeedsReset(List<String> reasons) -> String.join("; ", reasons);
                    case Outcome.Refused(List<String> reasons) -> String.join("; ", reasons);
                    case Outcome.Failed(String reason, boolean _) -> reason;
                };
        throw new CommandException("Assertion failure: selected configuration not currently applied: " + why);
    }

    private static String written(MigSpec spec, Optional<Format> format) {
        return switch (format.orElse(Format.yaml)) {
            case yaml -> MigSpecWriter.yaml(spec);
            case json -> MigSpecWriter.json(spec) + "\n";
        };
    }
}
