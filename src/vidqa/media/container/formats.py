"""The media formats that FFmpeg may open here.

The others are texts (which it draws as letters, or plays by opening the files that they name),
devices, and network streams.
"""

_MOVING = """
3g2 3gp apng asf asf_o av1 avi avs2 avs3 bink cavsvideo dhav dirac dnxhd dv film_cpk flic flv gif
gxf h261 h263 h264 hevc ivf ivr kux live_flv m4v matroska mj2 mjpeg mjpeg_2000 mlv mov mp4 mpeg
mpegts mpegtsraw mpegvideo mpjpeg mtv mv mxf nsv nut nuv obu ogg r3d rm roq smjpeg smk swf vc1
vc1test vivo vvc webm wtv y4m yop yuv4mpegpipe
"""
_SOUND = """
aac ac3 ac4 aiff amr amrnb amrwb ape au caf dsf dts dtshd eac3 flac g722 g729 gsm iamf iff lc3 loas
m4a mlp mp3 mpc mpc8 oma osq qcp qoa sap shn sox spdif tak truehd tta voc w64 wav wv xwma
"""
_PICTURES = """
bmp_pipe dds_pipe dpx_pipe exr_pipe gem_pipe gif_pipe hdr_pipe ico j2k_pipe jpeg_pipe jpegls_pipe
jpegxl_anim jpegxl_pipe jpegxs_pipe pam_pipe pbm_pipe pcx_pipe pgm_pipe pgx_pipe png_pipe ppm_pipe
psd_pipe qoi_pipe sgi_pipe sunrast_pipe tiff_pipe webp_anim webp_pipe xbm_pipe xpm_pipe xwd_pipe
"""

KNOWN_FORMATS = tuple(f"{_MOVING} {_SOUND} {_PICTURES}".split())
"""FFmpeg's names of all allowed formats."""
