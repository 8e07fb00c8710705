/// What a Parquet file's footer says: the schema and where the columns are.
public struct ParquetMetadata: Sendable, Equatable {
    /// The number of rows.
    public var rows: Int
    /// The leaf columns, in the order of the schema.
    public var columns: [ParquetColumn]
    /// The row groups, in the order of the file.
    public var rowGroups: [ParquetRowGroup]
}

/// A leaf of the schema.
public struct ParquetColumn: Sendable, Equatable {
    /// How values are stored.
    public enum PhysicalType: Int, Sendable {
        case boolean = 0
        case int32, int64, int96, float, double, byteArray, fixedLengthByteArray
    }

    /// The names from the root down.
    public var path: [String]
    /// How values are stored.
    public var type: PhysicalType
    /// Bytes a value takes in the encoding PLAIN; `nil` for truth values and byte arrays.
    public var width: Int?
    /// Whether the values are text in UTF-8.
    public var isText: Bool
    /// The definition level of a value that is there; 0 when none can be missing.
    public var maximumDefinitionLevel: Int
    /// The number of repeated ancestors; 0 when there is one value a row.
    public var maximumRepetitionLevel: Int

    /// The path with dots.
    public var name: String { path.joined(separator: ".") }
}

/// A run of rows whose columns are stored one after another.
public struct ParquetRowGroup: Sendable, Equatable {
    /// The number of rows.
    public var rows: Int
    /// One chunk a leaf column, in the order of the schema.
    public var chunks: [ParquetColumnChunk]
}

/// The values of one column in one row group.
public struct ParquetColumnChunk: Sendable, Equatable {
    /// How its pages are compressed; the numbers of the Parquet format.
    public enum Codec: Int, Sendable {
        case uncompressed = 0
        case snappy, gzip, lzo, brotli, lz4, zstd, lz4Raw
    }

    /// How its pages are compressed.
    public var codec: Codec
    /// The number of values, missing ones included.
    public var values: Int
    /// The bytes of the file with its pages, headers included.
    public var bytes: Range<Int>
    /// The bytes of its pages when unpacked, headers included, as the footer has it.
    public var unpackedBytes: Int
}
