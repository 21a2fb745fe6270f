package io.migpool.deviceplugin.migmanager;

import java.util.List;

/**
 * What has to be undone after a change, even if the agent or the machine went down in the middle of it. Recorded before
 * the step itself is taken.
 *
 * @param value the label's value for which it was done; empty if nothing was done
 * @param aside what has stepped aside
 * @param reboot the reboot that was requested
 * @param layoutBefore the GPUs before the change under way, as the text of a checkpoint; empty if none is under way
 * @param specification what is to be done about NVIDIA's own CDI specification
 */
record UnfinishedChange(
        String value, SteppedAside aside, Reboot reboot, String layoutBefore, Specification specification) {

    /** Nothing has to be undone. */
    static final UnfinishedChange NOTHING = new UnfinishedChange(
            "", new SteppedAside(false, List.of(), false), Reboot.NONE, "", new Specification(false, false));

    /**
     * What has stepped aside for the change, and has to come back.
     *
     * @param clientsPaused whether labels of clients were paused
     * @param stoppedServices services of the host that were stopped, in that order
     * @param cordoned whether we cordoned the node
     */
    record SteppedAside(boolean clientsPaused, List<String> stoppedServices, boolean cordoned) {

        SteppedAside {
            stoppedServices = List.copyOf(stoppedServices);
        }

        boolean isAnything() {
            return clientsPaused || cordoned || !stoppedServices.isEmpty();
        }
    }

    /**
     * A reboot that was requested for the change.
     *
     * @param askedIn identifies the boot in which it was requested, with GPUs made ready for it; empty if none was
     * @param inVainIn identifies the boot in which one was requested that did not come, so that the GPUs are as before;
     *     empty if there was none
     */
    record Reboot(String askedIn, String inVainIn) {

        static final Reboot NONE = new Reboot("", "");

        boolean isAsked() {
            return !askedIn.isEmpty();
        }
    }

    /**
     * What is to be done about NVIDIA's own CDI specification.
     *
     * @param due whether it has to be generated again, because instances have changed since
     * @param clientsHaveFormer whether clients run that got their devices from a specification of former instances
     */
    record Specification(boolean due, boolean clientsHaveFormer) {}

    UnfinishedChange {
        if (specification.due() && !aside.clientsPaused()) {
            specification = new Specification(true, true);
        }
    }

    /**
     * Returns the record for a value; from a record for another one, only what has to be undone is kept, not its
     * reboot.
     */
    UnfinishedChange about(String newValue) {
        return new UnfinishedChange(
                newValue, aside, newValue.equals(value) ? reboot : Reboot.NONE, layoutBefore, specification);
    }

    private UnfinishedChange with(SteppedAside changed) {
        return new UnfinishedChange(value, changed, reboot, layoutBefore, specification);
    }

    UnfinishedChange withClientsPaused(boolean paused) {
        return with(new SteppedAside(paused, aside.stoppedServices(), aside.cordoned()));
    }

    UnfinishedChange withStopped(List<String> services) {
        return with(new SteppedAside(aside.clientsPaused(), services, aside.cordoned()));
    }

    UnfinishedChange withCordoned(boolean nodeCordoned) {
        return with(new SteppedAside(aside.clientsPaused(), aside.stoppedServices(), nodeCordoned));
    }

    UnfinishedChange withRebootFrom(String bootId) {
        return new UnfinishedChange(value, aside, new Reboot(bootId, ""), layoutBefore, specification);
    }

    /**
     * Returns the record after the GPUs were put back to what they were before a reboot was prepared: a later boot is
     * not the one that was to bring the change.
     */
    UnfinishedChange withReadinessTakenBack(String bootId) {
        Reboot after = reboot.askedIn().equals(bootId) ? new Reboot("", bootId) : reboot;
        return new UnfinishedChange(value, aside, after, "", specification);
    }

    UnfinishedChange withLayoutBefore(String checkpoint) {
        return new UnfinishedChange(value, aside, reboot, checkpoint, specification);
    }

    private UnfinishedChange with(Specification changed) {
        return new UnfinishedChange(value, aside, reboot, layoutBefore, changed);
    }

    UnfinishedChange withSpecificationDue(boolean due) {
        return with(new Specification(due, specification.clientsHaveFormer()));
    }

    /** Returns the record once no pod of a paused client is left. */
    UnfinishedChange withClientsGone() {
        return with(new Specification(specification.due(), false));
    }

    /** Returns the record without the specification, which is none of ours any more. */
    UnfinishedChange withoutSpecification() {
        return with(new Specification(false, false));
    }

    /** Returns whether clients have to start again, now that there is a specification of instances that stay. */
    boolean isForClientsToStartAgain() {
        return specification.clientsHaveFormer() && !specification.due() && layoutBefore.isEmpty();
    }

    /** Returns this record, or {@link #NOTHING} if nothing is left to do. */
    UnfinishedChange unlessOver() {
        boolean over = !aside.isAnything()
                && layoutBefore.isEmpty()
                && !specification.due()
                && !specification.clientsHaveFormer();
        return over ? NOTHING : this;
    }
}
