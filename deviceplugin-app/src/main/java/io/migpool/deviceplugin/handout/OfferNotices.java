package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.cluster.Events;
import io.migpool.runtime.log.LastReport;
import java.lang.System.Logger.Level;

/** Reports what is wrong or noteworthy about an offer, once while it stays so. Not thread-safe. */
final class OfferNotices {

    private static final System.Logger LOG = System.getLogger(OfferNotices.class.getName());

    private final Events events;
    private final LastReport lastProblem = new LastReport();
    private final LastReport lastCondition = new LastReport();

    OfferNotices(Events events) {
        this.events = events;
    }

    /**
     * Reports what is new.
     *
     * @param problem what is wrong; empty if nothing is
     * @param condition what is as it should be, but may surprise; empty if nothing does
     */
    void report(String problem, String condition) {
        if (lastProblem.changesTo(problem) && !problem.isEmpty()) {
            LOG.log(Level.WARNING, problem);
            events.warnNode("MigStrategyUnfit", problem);
        }
        if (lastCondition.changesTo(condition) && !condition.isEmpty()) {
            LOG.log(Level.INFO, condition);
            events.noteNode("MigDevicesAsCount", condition);
        }
    }
}
