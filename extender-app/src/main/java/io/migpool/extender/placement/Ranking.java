package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/** The nodes that take a pod, by the policy's order, and the refusals of the others. */
public final class Ranking {

    private final List<Fits> fits;
    private final List<DoesNotFit> refusals;
    private final Comparator<Fits> order;
    private final IntFunction<List<Fits>> best;

    Ranking(List<Fits> fits, List<DoesNotFit> refusals, Comparator<Fits> order) {
        this(fits, refusals, order, most -> best(fits, order, most));
    }

    /**
     * @param fits the nodes that take the pod, in any order
     * @param refusals the others
     * @param order the policy's, best first
     * @param best returns the best of the nodes that fit, as many as it is asked for at most
     */
    Ranking(List<Fits> fits, List<DoesNotFit> refusals, Comparator<Fits> order, IntFunction<List<Fits>> best) {
        this.fits = Collections.unmodifiableList(fits);
        this.refusals = Collections.unmodifiableList(refusals);
        this.order = order;
        this.best = best;
    }

    /** Returns whether any node takes the pod. */
    public boolean anyFits() {
        return !fits.isEmpty();
    }

    /** Returns the nodes that take the pod, best first. */
    public List<Fits> fits() {
        return best(fits.size());
    }

    /**
     * Returns the best of the nodes that take the pod, best first.
     *
     * @param most how many to return at most
     */
    public List<Fits> best(int most) {
        return best.apply(most);
    }

    static List<Fits> best(List<Fits> fits, Comparator<Fits> order, int most) {
        if (most >= fits.size()) {
            return fits.stream().sorted(order).toList();
        }
        PriorityQueue<Fits> best = new PriorityQueue<>(Math.max(1, most), order.reversed());
        for (Fits fit : fits) {
            if (best.size() < most) {
                best.add(fit);
            } else if (order.compare(fit, best.element()) < 0) {
                best.remove();
                best.add(fit);
            }
        }
        return best.stream().sorted(order).toList();
    }

    /** Returns the nodes that do not, in the order in which they were given; those refused afterwards come last. */
    public List<DoesNotFit> refusals() {
        return refusals;
    }

    /**
     * Returns the same within a quota: nodes whose plan is not covered are planned again, and refused if no plan is covered.
     *
     * @param covered whether the namespace may have this too; if true of a charge, true of every smaller one
     * @param refusal why it may not
     */
    public Ranking within(Predicate<Charge> covered, Function<Charge, Reason> refusal) {
        if (fits.isEmpty()) {
            return this;
        }
        StepBudget budget = fits.getFirst().budget();
        List<Fits> left = new ArrayList<>();
        List<DoesNotFit> refused = new ArrayList<>(refusals);
        for (Fits fit : fits) {
            switch (fit.within(covered, refusal, budget)) {
                case Fits within -> left.add(within);
                case DoesNotFit exceeded -> refused.add(exceeded);
            }
        }
        return new Ranking(left, refused, order);
    }
}
