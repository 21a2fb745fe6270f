package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriverProvider;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.settings.SettingsReader;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/**
 * Provides simulated GPUs as configured.
 *
 * <ul>
 * <li>{@code migpool.simulated.boards}: models with their number, {@code NVIDIA A100-SXM4-80GB:2, NVIDIA H200}
 *     <li>{@code migpool.simulated.state-file}: where the machine lives; empty for a machine that ends with the agent.
 *     An existing file decides over the boards <li>{@code migpool.simulated.create-latency}: ISO-8601 duration of
 *     creating or destroying a GPU instance, {@code PT0S} unless set <li>{@code migpool.simulated.nvlinks}: number of
 *     NVLinks by pair of GPU indices, {@code 0-3:12, 1-2:12}; none unless set
 *   <li>{@code migpool.simulated.mig-enabled}: whether MIG mode is on from the beginning, {@code true} unless set
 *   <li>{@code migpool.simulated.seed}: makes UUIDs reproducible; unset, every machine has its own
 * </ul>
 */
@ApplicationScoped
public class SimulatedDriverProvider implements GpuDriverProvider {

    static final String BOARDS_KEY = "migpool.simulated.boards";
    static final String STATE_FILE_KEY = "migpool.simulated.state-file";
    static final String LATENCY_KEY = "migpool.simulated.create-latency";
    static final String NVLINKS_KEY = "migpool.simulated.nvlinks";
    static final String MIG_ENABLED_KEY = "migpool.simulated.mig-enabled";
    static final String SEED_KEY = "migpool.simulated.seed";

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public GpuDriver open(Config config) throws GpuException {
        SettingsReader own = new SettingsReader(config);
        MachineSpec spec = spec(own);
        Duration latency = own.ifSet(LATENCY_KEY, own::duration).orElse(Duration.ZERO);
        SimulatedLinks links = own.optionalText(NVLINKS_KEY)
                .map(text -> SimulatedLinks.parse(NVLINKS_KEY, text))
                .orElse(SimulatedLinks.NONE);
        Optional<Path> stateFile = own.optionalPath(STATE_FILE_KEY);
        SimulatedMachine machine = stateFile.isPresent()
                ? SimulatedMachine.onFile(stateFile.get(), spec)
                : SimulatedMachine.inMemory(spec);
        return machine.driver(links, latency, Thread::sleep, machine::close);
    }

    private static MachineSpec spec(SettingsReader own) {
        String boards = own.optionalText(BOARDS_KEY)
                .orElseThrow(() -> SettingsReader.refusal(
                        BOARDS_KEY, "", "the GPUs to simulate, for example NVIDIA A100-SXM4-80GB:2"));
        MachineSpec spec = MachineSpec.of(boards)
                .withMigEnabled(own.ifSet(MIG_ENABLED_KEY, own::flag).orElse(true));
        return own.config()
                .getOptionalValue(SEED_KEY, Long.class)
                .map(spec::withSeed)
                .orElse(spec);
    }
}
