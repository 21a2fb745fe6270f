package io.migpool.deviceplugin.migmanager;

import java.util.Optional;

/**
 * Generates NVIDIA's own CDI specification again when instances have changed. That it is due is recorded before they
 * change, so that it is not forgotten in a crash. Used by one thread.
 */
final class SpecificationRenewal {

    private final ManagementSpecification specification;
    private final ChangeJournal journal;

    SpecificationRenewal(ManagementSpecification specification, ChangeJournal journal) {
        this.specification = specification;
        this.journal = journal;
    }

    /** Records that it will have to be generated; no instance may be changed before. */
    void markDue() throws UnreachableException {
        journal.save(journal.load().withSpecificationDue(true));
    }

    /**
     * Generates it if that is due, and still is if it fails.
     *
     * @return why it failed, as a sentence
     */
    Optional<String> renew() throws UnreachableException {
        UnfinishedChange now = journal.load();
        Optional<String> failure = now.specification().due() ? generate() : Optional.empty();
        journal.save(now.withSpecificationDue(failure.isPresent()));
        return failure;
    }

    private Optional<String> generate() {
        try {
            specification.generate();
            return Optional.empty();
        } catch (UnreachableException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            // Paused clients have to come back all the same.
            return Optional.of(RequestedConfiguration.unforeseen(e));
        }
    }
}
