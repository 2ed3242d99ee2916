from named import make as build
