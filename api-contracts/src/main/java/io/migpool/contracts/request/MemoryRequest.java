package io.migpool.contracts.request;

/** Memory that a container requests per device. */
public sealed interface MemoryRequest {

    /** Returns whether this is all of a GPU, whatever its size. */
    boolean isWhole();

    /**
     * An amount.
     *
     * @param amount MiB, at least 1
     */
    record MiB(long amount) implements MemoryRequest {
        public MiB {
            if (amount < 1) {
                throw new IllegalArgumentException("memory request of " + amount + " MiB; it must be 1 or more");
            }
        }

        @Override
        public boolean isWhole() {
            return false;
        }

        @Override
        public String toString() {
            return amount + " MiB";
        }
    }

    /**
     * A share of a GPU.
     *
     * @param percent 1 to 100
     */
    record Percentage(int percent) implements MemoryRequest {
        public Percentage {
            if (percent < 1 || percent > 100) {
                throw new IllegalArgumentException("memory request of " + percent + " %; it must be 1 to 100");
            }
        }

        @Override
        public boolean isWhole() {
            return percent == 100;
        }

        @Override
        public String toString() {
            return percent + " %";
        }
    }

    /** A whole GPU, because no amount was given. */
    record WholeGpu() implements MemoryRequest {
        @Override
        public boolean isWhole() {
            return true;
        }

        @Override
        public String toString() {
            return "a whole GPU";
        }
    }
}
