package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory.IdleInstance;
import java.util.List;

/**
 * All that decides what a GPU can still be cut into and what that takes from later requests. Many GPUs of a pool are alike in
 * this: equal ones of a board are the same object, see {@link MigBoard#use}, so that what follows from them is computed
 * once and found again without comparing them.
 *
 * @param board what can be cut
 * @param units units of pods' instances and units that the node reports as blocked
 * @param counts instances of pods by the board's profile index
 * @param idle instances that no pod uses and that the next pod may take as they are
 */
public record BoardUse(MigBoard board, BoardState units, InstanceCounts counts, List<IdleInstance> idle) {}
