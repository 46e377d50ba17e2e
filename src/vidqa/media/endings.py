"""File name extensions of video and sound files."""

VIDEO = frozenset(
    {
        *(".264", ".265", ".3g2", ".3gp", ".asf", ".avc", ".avi", ".divx", ".dv", ".f4v", ".flv"),
        *(".gif", ".h264", ".h265", ".hevc", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg"),
        *(".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".nut", ".ogm"),
        *(".ogv", ".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
    }
)
"""Extensions of the videos taken from a folder; a file named by the user may have any."""
SOUND = frozenset(
    {
        *(".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".caf", ".flac", ".m4a", ".m4b", ".mka"),
        *(".mp2", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".weba", ".wma"),
    }
)
"""Extensions of files that have sound only."""
