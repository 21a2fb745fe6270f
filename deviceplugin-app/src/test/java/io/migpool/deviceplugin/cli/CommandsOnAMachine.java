package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A machine on which a person types the commands. */
abstract class CommandsOnAMachine {

    static final String CONFIG = """
            version: v1
            mig-configs:
              small:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"1g.10gb": 7}
              mixed:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}
              four:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"4g.40gb": 1, "3g.40gb": 1}
              off:
                - devices: all
                  mig-enabled: false
              too-much:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"4g.40gb": 2}
            """;

    @TempDir
    Path directory;

    final List<Occupant> occupants = new ArrayList<>();
    SimulatedMachine machine =
            SimulatedMachine.inMemory(MachineSpec.of("NVIDIA H100 80GB HBM3:2").withSeed(5));
    Path config = Path.of("unset");

    /** What a command left. */
    record Answer(int code, String out, String err) {}

    /** The machine, which has no program to reset its GPUs. */
    class Simulated implements Host {
        @Override
        public GpuDriver openDriver() throws GpuException {
            return machine.openDriver();
        }

        @Override
        public List<Occupant> occupants(List<String> gpuUuids) {
            return occupants;
        }

        @Override
        public void resetGpus(List<String> gpuUuids) throws IOException {
            throw new IOException("nvidia-smi is not here");
        }
    }

    Host host() {
        return new Simulated();
    }

    @BeforeEach
    void writeConfiguration() throws IOException {
        config = Files.writeString(directory.resolve("config.yaml"), CONFIG);
    }

    @AfterEach
    void stop() {
        machine.close();
    }

    final Answer run(String... args) {
        return runIn(Map.of(), "", args);
    }

    final Answer runIn(Map<String, String> environment, String in, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = MigParted.run(
                host(),
                environment,
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                new PrintWriter(out),
                new PrintWriter(err),
                args);
        return new Answer(code, out.toString(), err.toString());
    }

    final Answer apply(String selected) {
        return run("apply", "-f", config.toString(), "-c", selected);
    }

    final Answer assertThatIs(String selected) {
        return run("assert", "-f", config.toString(), "-c", selected);
    }

    final List<GpuInstance> instances() throws GpuException {
        try (GpuDriver driver = machine.openDriver()) {
            return driver.instances(driver.gpus().getFirst().uuid());
        }
    }

    static String migUuid(GpuInstance instance) {
        return instance.computeInstances().stream()
                .map(ComputeInstance::migUuid)
                .findFirst()
                .orElseThrow();
    }
}
