package io.migpool.extender.placement;

import io.migpool.extender.pool.BoardShape;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.RoomTable;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Measures what placements take from later requests: {@link BoardScores} for every board, under the requests observed so
 * far. Tables of room are shared by boards of equal shape and outlive the scores, which change with the requests.
 */
public final class Fragmentation {

    private static final int MOST_BOARDS = 256;

    /** Guards all fields below. */
    private final ReentrantLock lock = new ReentrantLock();

    private final RequestMix mix;
    private final Map<BoardShape, RoomTable> tables = new HashMap<>();
    private Scores scores = new Scores(ObservedRequests.NONE);

    /** @param mix where the observed requests come from */
    public Fragmentation(RequestMix mix) {
        this.mix = mix;
    }

    /** Returns the scores under the current requests, for one decision. */
    public Scores scores() {
        ObservedRequests requests = mix.snapshot();
        lock.lock();
        try {
            if (scores.requests != requests) {
                scores = new Scores(requests);
            }
            return scores;
        } finally {
            lock.unlock();
        }
    }

    private record Asked(MigBoard board, BoardScores scores) {}

    private RoomTable table(MigBoard board) {
        if (tables.size() >= MOST_BOARDS) {
            tables.clear();
        }
        return tables.computeIfAbsent(board.shape(), RoomTable::new);
    }

    /** The scores of all boards under one snapshot of the requests. */
    public final class Scores {

        private final ObservedRequests requests;
        /** Keyed by identity: boards are shared by GPUs of one kind. */
        private final Map<MigBoard, BoardScores> byBoard = new HashMap<>();

        /** The last board's scores: most pools have one kind of board, so the lock is mostly not needed. */
        private volatile @Nullable Asked last;

        private Scores(ObservedRequests requests) {
            this.requests = requests;
        }

        /** Returns the scores of one board. */
        public BoardScores of(MigBoard board) {
            Asked asked = last;
            if (asked != null && asked.board == board) {
                return asked.scores;
            }
            BoardScores found = find(board);
            last = new Asked(board, found);
            return found;
        }

        private BoardScores find(MigBoard board) {
            lock.lock();
            try {
                if (byBoard.size() >= MOST_BOARDS) {
                    byBoard.clear();
                }
                return byBoard.computeIfAbsent(board, any -> new BoardScores(board, table(board), requests));
            } finally {
                lock.unlock();
            }
        }
    }
}
