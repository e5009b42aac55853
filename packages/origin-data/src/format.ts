/**
 * A table file, little-endian. Header: these eight bytes, then as u32 the length of the file, the entries for IPv4 and for
 * IPv6, the names, and the second (Unix time) of the data. Then for each of the three parts its index: the first key of each block.
 * Then for each part its blocks of entries, sorted: a key and a value. Last the text of the names.
 *
 * A key is the first address of a range, which reaches to the next key; of a name it is the number that it is the name of. A value
 * says what a range is, 0: not known; of a name, where its text begins, counted from 1. Text is its length in bytes and UTF-8.
 */
export const magic = 'PCRANGE1';
export const headerBytes = 28;

/** Words (u32) of a key, by part: IPv4, IPv6, names. */
export const keyWords = [1, 4, 1] as const;
/** Entries that one read brings: 1 KiB of IPv4, 2.5 KiB of IPv6. The index in memory is so many times smaller than the table. */
export const blockEntries = 128;
/** A name's length is one byte. */
export const maxNameBytes = 255;
