package io.migpool.deviceplugin.instance;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What a pool runs on: its threads, and the place of its memory. */
interface Machinery {

    /** A lane for that GPU; asked once for each. */
    Lane lane(String gpuUuid);

    /** Where the realisation of a pod runs; it waits a good deal. */
    Executor realisations();

    /**
     * What was saved last.
     *
     * @throws IOException if it is there and cannot be read
     */
    Optional<Ownership> load() throws IOException;

    /**
     * Begins to keep the ownership; asked once.
     *
     * @param current the ownership at the moment of the call
     */
    OwnershipLog log(Supplier<Ownership> current);

    /** Threads for everything, and a file. */
    record Threads(OwnershipFile file) implements Machinery {

        @Override
        public Lane lane(String gpuUuid) {
            return new ThreadLane(gpuUuid);
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
