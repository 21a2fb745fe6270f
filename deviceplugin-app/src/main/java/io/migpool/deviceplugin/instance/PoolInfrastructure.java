package io.migpool.deviceplugin.instance;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The infrastructure of a pool: its threads and its storage. */
interface PoolInfrastructure {

    /** Returns an executor for a GPU; called once for each. */
    SerialExecutor executor(String gpuUuid);

    /** Returns the executor for realisations of pods, which wait a lot. */
    Executor realisations();

    /**
     * Returns what was saved last.
     *
     * @throws IOException if it exists but cannot be read
     */
    Optional<Ownership> load() throws IOException;

    /**
     * Starts saving the ownership; called once.
     *
     * @param current supplies the present ownership
     */
    OwnershipLog log(Supplier<Ownership> current);

    /** Threads for executors and realisations, and a file as storage. */
    record Threads(OwnershipFile file) implements PoolInfrastructure {

        @Override
        public SerialExecutor executor(String gpuUuid) {
            return new ThreadSerialExecutor(gpuUuid);
        }

        @Override
        public Executor realisations() {
            return task -> Thread.ofVirtual().name("realisation").start(task);
        }

        @Override
        public Optional<Ownership> load() throws IOException {
            return file.load();
        }

        @Override
        public OwnershipLog log(Supplier<Ownership> current) {
            return new OwnershipWriter(file, current);
        }
    }
}
