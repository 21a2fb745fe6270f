package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.geometry.CheckpointFormat;
import io.migpool.deviceplugin.geometry.ExportedConfiguration;
import io.migpool.deviceplugin.geometry.GeneratedConfiguration;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.LayoutSnapshot;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.geometry.spec.MigSpecWriter;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The commands. Each translates its flags, delegates the work and prints the result. */
@Command(
        name = "mig-parted",
        description = "Partitions the GPUs of this machine as a configuration says.",
        synopsisSubcommandLabel = "COMMAND")
final class Commands {

    private final Host host;
    private final TextFiles files;
    private final PrintWriter out;
    private final PrintWriter err;

    @Option(
            names = {"-d", "--debug"},
            descriptionKey = Flags.DEBUG,
            fallbackValue = Flags.ON,
            scope = ScopeType.INHERIT)
    private boolean debug;

    Commands(Host host, InputStream in, PrintWriter out, PrintWriter err) {
        this.host = host;
        this.files = new TextFiles(in, out);
        this.out = out;
        this.err = err;
    }

    @Command(
            name = "apply",
            description = "Applies a configuration; changes only what differs, and nothing that is in use.")
    int apply(
            @Mixin Flags.Selection selection,
            @Mixin Flags.HooksOption hooks,
            @Mixin Flags.Extent extent,
            @Mixin Flags.Reset reset)
            throws CommandException, MigSpecException, GpuException, IOException, InterruptedException {
        Target target = new Target.Layout(entries(selection));
        new ApplyRun(host, hooks(hooks, Flags.variables(selection, hooks, extent, reset)), reset.skipped)
                .to(extent.modeOnly ? target.modesOnly() : target);
        out.println("MIG configuration applied successfully");
        return 0;
    }

    @Command(name = "assert", description = "Checks whether the GPUs match a configuration; changes nothing.")
    int assertThat(@Mixin Flags.Selection selection, @Mixin Flags.Extent extent, @Mixin Flags.Validity validity)
            throws CommandException, MigSpecException, GpuException {
        Target target = new Target.Layout(entries(selection));
        if (validity.only) {
            out.println("Selected MIG configuration is valid");
            return 0;
        }
        try (GpuDriver driver = host.openDriver()) {
            requireApplied(new Geometry(driver).compare(extent.modeOnly ? target.modesOnly() : target));
        }
        out.println(
                extent.modeOnly
                        ? "Selected MIG mode settings from configuration currently applied"
                        : "Selected MIG configuration currently applied");
        return 0;
    }

    @Command(name = "export", description = "Prints the present layout of the GPUs as a configuration.")
    int export(@Mixin Flags.Output output, @Mixin Flags.Label label) throws GpuException {
        try (GpuDriver driver = host.openDriver()) {
            out.print(written(ExportedConfiguration.of(driver, label.text.orElse("current")), output));
        }
        out.flush();
        return 0;
    }

    @Command(
            name = "generate-config",
            description = "Generates the usual configurations for the boards of this machine.")
    int generateConfig(@Mixin Flags.Output output, @Mixin Flags.OutputFile target)
            throws CommandException, MigSpecException, GpuException {
        String text;
        try (GpuDriver driver = host.openDriver()) {
            text = written(GeneratedConfiguration.of(driver.gpus()), output);
        }
        files.write(target.file.orElse(TextFiles.STANDARD), text);
        return 0;
    }

    @Command(
            name = "checkpoint",
            description = "Saves the present layout of the GPUs, each instance with its placement.")
    int checkpoint(@Mixin Flags.CheckpointFile checkpoint) throws CommandException, MigSpecException, GpuException {
        try (GpuDriver driver = host.openDriver()) {
            files.write(checkpoint.file, CheckpointFormat.write(LayoutSnapshot.of(driver)));
        }
        if (!TextFiles.isStandardOutput(checkpoint.file)) {
            out.println("MIG configuration checkpointed successfully");
        }
        return 0;
    }

    @Command(
            name = "restore",
            description = "Restores a checkpoint; changes only what differs, and nothing that is in use.")
    int restore(@Mixin Flags.CheckpointFile checkpoint, @Mixin Flags.HooksOption hooks, @Mixin Flags.Extent extent)
            throws CommandException, MigSpecException, GpuException, IOException, InterruptedException {
        Target target;
        try {
            target = new Target.Places(CheckpointFormat.read(files.read(checkpoint.file)));
        } catch (MigSpecException e) {
            throw new CommandException(checkpoint.file + ": " + e.getMessage(), e);
        }
        new ApplyRun(host, hooks(hooks, Flags.variables(checkpoint, hooks, extent)), false)
                .to(extent.modeOnly ? target.modesOnly() : target);
        out.println("MIG configuration restored successfully");
        return 0;
    }

    private Hooks hooks(Flags.HooksOption option, Map<String, String> variables) throws CommandException {
        HooksFile file = option.file.isPresent()
                ? HooksFile.read(option.file.get(), files.read(option.file.get()))
                : HooksFile.NONE;
        return new Hooks(file, variables, new Trace(debug, err));
    }

    private List<MigSpecEntry> entries(Flags.Selection selection) throws CommandException, MigSpecException {
        MigSpec spec = MigSpecReader.read(selection.file, files.read(selection.file));
        if (selection.config.isPresent()) {
            return spec.config(selection.config.get());
        }
        if (spec.configs().size() == 1) {
            return spec.configs().values().iterator().next();
        }
        throw new CommandException("%s has the configurations %s; choose one with --selected-config"
                .formatted(selection.file, spec.configs().keySet()));
    }

    private static void requireApplied(Outcome outcome) throws CommandException {
        if (outcome instanceof Outcome.Applied(List<String> toChange) && toChange.isEmpty()) {
            return;
        }
        String why = (outcome instanceof Outcome.Applied ? "these differ: " : "") + outcome.text();
        throw new CommandException("Assertion failure: selected configuration not currently applied: " + why);
    }

    private static String written(MigSpec spec, Flags.Output output) {
        return switch (output.form.orElse(Flags.Form.yaml)) {
            case yaml -> MigSpecWriter.yaml(spec);
            case json -> MigSpecWriter.json(spec) + "\n";
        };
    }
}
