package io.migpool.contracts.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A list in one value, separated by commas; blank and repeated members do not count. Limited, because annotations may
 * be as long as 256 KiB, and this is kept for every waiting pod and compared with every model of GPU.
 *
 * @param members in the order of the value; empty if there are too many
 * @param tooLong why they are not read; empty if they are
 */
record MemberList(List<String> members, Optional<String> tooLong) {

    static final int MOST_CHARACTERS = 16_384;
    static final int MOST_MEMBERS = 256;

    MemberList {
        members = List.copyOf(members);
    }

    /**
     * Reads a value.
     *
     * @param key what it is called, for messages
     */
    static MemberList of(String key, String value) {
        if (value.length() > MOST_CHARACTERS) {
            return new MemberList(List.of(), Optional.of(tooLong(key, value.length(), "characters", MOST_CHARACTERS)));
        }
        List<String> members = Arrays.stream(value.split(",", -1))
                .map(String::strip)
                .filter(member -> !member.isEmpty())
                .distinct()
                .toList();
        return members.size() > MOST_MEMBERS
                ? new MemberList(List.of(), Optional.of(tooLong(key, members.size(), "members", MOST_MEMBERS)))
                : new MemberList(members, Optional.empty());
    }

    static String tooLong(String key, int length, String unit, int most) {
        return "%s has %d %s, but may have at most %d".formatted(key, length, unit, most);
    }
}
