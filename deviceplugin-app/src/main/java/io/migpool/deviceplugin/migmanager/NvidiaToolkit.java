package io.migpool.deviceplugin.migmanager;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.deviceplugin.host.HostPrograms;
import io.migpool.deviceplugin.host.NvidiaSmi;
import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Generates the {@link ManagementSpecification} with NVIDIA's programs on the host, by the steps of the GPU Operator's
 * MIG Manager. They run in the host's root directory, so that the paths which they write are those of the host.
 */
final class NvidiaToolkit implements ManagementSpecification {

    /** The name under which the GPU Operator's toolkit writes it, too. */
    static final String FILE = "management.nvidia.com-gpu.yaml";

    private static final String VENDOR = "management.nvidia.com";
    private static final String CLASS = "gpu";
    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    private static final Path ROOT = Path.of("/");

    private static final String TOOLKIT = "nvidia-ctk";
    private static final String HOOK = "nvidia-cdi-hook";
    private static final Path CONTROL_DEVICE = Path.of("/dev/nvidiactl");

    private final MigManagerSettings.Cdi settings;
    private final HostPrograms programs;
    private final NvidiaSmi smi;

    NvidiaToolkit(MigManagerSettings.Cdi settings) {
        this.settings = settings;
        this.programs = new HostPrograms(settings.programs(), settings.limit());
        this.smi = new NvidiaSmi(programs, settings.hostRoot(), settings.driverRoot());
    }

    @Override
    public void generate() throws UnreachableException {
        Path host = settings.hostRoot();
        Path file = settings.directory().resolve(FILE);
        try {
            Path driver = smi.driverRoot();
            Path driverFiles = HostPrograms.under(host, driver);
            smi.createDeviceNodes();
            Path toolkit = programs.find(host, TOOLKIT);
            Path devices = settings.devRoot()
                    .orElseGet(() -> HostPrograms.exists(driverFiles, CONTROL_DEVICE) ? driver : ROOT);
            List<String> nodes = new ArrayList<>(List.of("system", "create-device-nodes", "--control-devices"));
            if (!devices.equals(ROOT)) {
                // Toolkits before 1.16 do not know the flag; they make the nodes of the host.
                nodes.add("--dev-root=" + devices);
            }
            programs.run(host, toolkit, nodes);
            write(file, programs.run(host, toolkit, description(toolkit, driver, devices)));
        } catch (IOException e) {
            throw new UnreachableException("%s was not regenerated: %s".formatted(file, e.getMessage()), e);
        }
    }

    private List<String> description(Path toolkit, Path driver, Path devices) {
        List<String> arguments = new ArrayList<>(List.of(
                "cdi",
                "generate",
                "--mode=management",
                "--vendor=" + VENDOR,
                "--class=" + CLASS,
                "--driver-root=" + driver,
                "--dev-root=" + devices));
        // Older toolkits have neither the program nor the flag.
        Path beside = toolkit.resolveSibling(HOOK);
        settings.hook()
                .or(() -> HostPrograms.exists(settings.hostRoot(), beside) ? Optional.of(beside) : Optional.empty())
                .ifPresent(hook -> arguments.add("--nvidia-cdi-hook-path=" + hook));
        return arguments;
    }

    private static void write(Path file, String text) throws IOException {
        if (!(VENDOR + "/" + CLASS).equals(kind(text))) {
            throw new IOException(
                    "%s cdi generate printed no specification of kind %s/%s".formatted(TOOLKIT, VENDOR, CLASS));
        }
        // The runtime reads *.json and *.yaml only, not the draft.
        new AtomicFile(file).write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String kind(String text) {
        try {
            return YAML.readTree(text).path("kind").asText();
        } catch (JsonProcessingException e) {
            return "";
        }
    }
}
