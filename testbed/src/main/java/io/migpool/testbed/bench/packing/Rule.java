package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import java.util.List;

/** The rules compared, each written from its description. */
enum Rule {
    HAMI_2_9("hami-2.9"),
    HAMI_2_10("hami-2.10"),
    INSTASLICE("instaslice"),
    FIRST_FIT("first-fit"),
    BEST_FIT("best-fit"),
    MFI("mfi"),
    FGD_TOLD("fgd-told"),
    FRAGMENTATION("fragmentation"),
    BOUND("bound");

    private static final List<Rule> ALL = List.of(values());

    private final String label;

    Rule(String label) {
        this.label = label;
    }

    static List<Rule> all() {
        return ALL;
    }

    String label() {
        return label;
    }

    /**
     * Returns a new packer.
     *
     * @param gpus number of GPUs that it fills
     * @param workload the future requests; only the rule that is given the mix may use it
     */
    Packer packer(int gpus, Workload workload) {
        Board board = workload.board();
        return switch (this) {
            case HAMI_2_9 -> new TemplatePacker(board, gpus);
            case HAMI_2_10 -> NodePacker.hami210(board, gpus);
            case INSTASLICE -> NodePacker.instaSlice(board, gpus);
            case FIRST_FIT -> CostPacker.firstFit(board, gpus);
            case BEST_FIT -> CostPacker.bestFit(board, gpus);
            case MFI -> CostPacker.mfi(board, gpus);
            case FGD_TOLD -> CostPacker.fgdTold(gpus, workload);
            case FRAGMENTATION -> new FragmentationPacker(board, gpus);
            case BOUND -> new MigrationBound(board, gpus);
        };
    }
}
