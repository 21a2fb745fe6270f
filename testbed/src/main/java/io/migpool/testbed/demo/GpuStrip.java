package io.migpool.testbed.demo;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Draws one GPU as a strip: one cell per placement unit on a partitioned GPU, a bar of memory on a shared one. A slice is
 * written with its pod's name, an idle instance with {@code ~}, a blocked unit with {@code #}, a free one with {@code ·}.
 */
final class GpuStrip {

    private static final int CELL_WIDTH = 7;
    private static final int STRIP_CELLS = 8;

    private final Terminal terminal;

    GpuStrip(Terminal terminal) {
        this.terminal = terminal;
    }

    String draw(PoolView.GpuView view) {
        String bar = view.gpu().mode() == GpuMode.MIG ? slices(view) : memory(view);
        return "  %-12s GPU %d %s  %s"
                .formatted(view.node(), view.gpu().index(), bar, terminal.style(Terminal.Style.DIM, legend(view)));
    }

    private String slices(PoolView.GpuView view) {
        GpuInventory gpu = view.gpu();
        StringBuilder strip = new StringBuilder("|");
        int unit = 0;
        while (unit < gpu.units()) {
            Segment segment = segmentAt(view, unit);
            strip.append(segment.colour() < 0 ? segment.text() : terminal.cell(segment.colour(), segment.text()))
                    .append('|');
            unit = segment.end();
        }
        return strip.toString();
    }

    private record Segment(String text, int colour, int end) {}

    private static Segment segmentAt(PoolView.GpuView view, int unit) {
        for (PoolView.Share share : view.shares()) {
            if (share.placement().filter(p -> p.start() == unit).isPresent()) {
                Placement placement = share.placement().get();
                return new Segment(cell(share.pod(), placement.size()), colour(share.pod()), placement.end());
            }
        }
        for (Placement blocked : view.gpu().blocked()) {
            if (blocked.start() == unit) {
                return new Segment(filled('#', blocked.size()), -1, blocked.end());
            }
        }
        for (GpuInventory.IdleInstance idle : view.gpu().idle()) {
            if (idle.placement().start() == unit && isFree(view, idle.placement())) {
                return new Segment(
                        cell("~" + idle.profile(), idle.placement().size()),
                        -1,
                        idle.placement().end());
            }
        }
        return new Segment(filled('·', 1), -1, unit + 1);
    }

    private static boolean isFree(PoolView.GpuView view, Placement placement) {
        return view.shares().stream()
                .flatMap(share -> share.placement().stream())
                .noneMatch(placement::overlaps);
    }

    private String memory(PoolView.GpuView view) {
        int width = STRIP_CELLS * (CELL_WIDTH + 1) - 1;
        long total = Math.max(1, view.gpu().memoryMiB());
        StringBuilder bar = new StringBuilder("|");
        int drawn = 0;
        for (PoolView.Share share : view.shares()) {
            int cells =
                    (int) Math.min(width - drawn, Math.max(1, Math.round((double) share.memoryMiB() * width / total)));
            if (cells > 0) {
                bar.append(terminal.cell(colour(share.pod()), fit(share.pod(), cells)));
                drawn += cells;
            }
        }
        return bar.append("·".repeat(width - drawn)).append('|').toString();
    }

    private static String legend(PoolView.GpuView view) {
        List<String> parts = new ArrayList<>();
        parts.add(view.gpu().mode().wireName());
        view.shares().stream()
                .collect(Collectors.groupingBy(
                        share -> share.pod() + " " + share.what(), java.util.LinkedHashMap::new, Collectors.counting()))
                .forEach((what, count) -> parts.add(count == 1 ? what : what + " ×" + count));
        return String.join(", ", parts);
    }

    private static String cell(String text, int units) {
        return fit(text, units * (CELL_WIDTH + 1) - 1);
    }

    private static String filled(char c, int units) {
        return cell(String.valueOf(c).repeat(units * (CELL_WIDTH + 1) - 3), units);
    }

    private static String fit(String text, int width) {
        if (text.length() > width) {
            return width > 1 ? text.substring(0, width - 1) + "…" : text.substring(0, width);
        }
        int left = (width - text.length()) / 2;
        return " ".repeat(left) + text + " ".repeat(width - text.length() - left);
    }

    private static int colour(String pod) {
        return pod.hashCode();
    }
}
